// The readable API reference at /api/docs, made from the same operations as everything else. Text is escaped, always.
import type { EventDef, OperationDef } from '../../../core/contract.ts';
import type { BoundOperation } from '../../../core/module.ts';
import { jsonSchema } from './openapi.ts';

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const slug = (text: string): string => text.replace(/[^a-z0-9]+/gi, '-').toLowerCase();

interface Shape {
  type?: string | string[];
  properties?: Record<string, Shape>;
  required?: string[];
  items?: Shape;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Shape[];
  format?: string;
  default?: unknown;
  maximum?: number;
  minimum?: number;
  maxLength?: number;
}

function typeOf(shape: Shape): string {
  if (shape.enum !== undefined) return shape.enum.map((v) => JSON.stringify(v)).join(' | ');
  if (shape.const !== undefined) return JSON.stringify(shape.const);
  if (shape.anyOf !== undefined) return shape.anyOf.map(typeOf).join(' | ');
  if (shape.type === 'array') return `${typeOf(shape.items ?? {})}[]`;
  const base = Array.isArray(shape.type) ? shape.type.join(' | ') : (shape.type ?? 'any');
  return shape.format === undefined ? base : `${base} (${shape.format})`;
}

function fields(shape: Shape): string {
  const rows = Object.entries(shape.properties ?? {});
  if (rows.length === 0) return '<p class="quiet">No fields.</p>';
  const body = rows.map(([name, field]) => {
    const required = (shape.required ?? []).includes(name);
    const notes = [
      required ? 'required' : 'optional',
      field.default === undefined ? '' : `default ${JSON.stringify(field.default)}`,
      field.maxLength === undefined ? '' : `at most ${field.maxLength} characters`,
    ].filter((n) => n !== '');
    return `<tr><th scope="row"><code>${escapeHtml(name)}</code></th><td>${escapeHtml(typeOf(field))}</td><td>${escapeHtml(notes.join(', '))}</td></tr>`;
  });
  return `<table><thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Notes</th></tr></thead><tbody>${body.join('')}</tbody></table>`;
}

function operation(def: OperationDef): string {
  const names = [
    def.rest === undefined
      ? ''
      : `<code class="route"><b>${def.rest.method.toUpperCase()}</b> ${escapeHtml(def.rest.path)}</code>`,
    def.socket === undefined ? '' : `<code class="route"><b>socket</b> ${escapeHtml(def.socket)}</code>`,
  ];
  const facts = [
    `effect: ${def.effect}`,
    def.permission === 'public'
      ? 'no sign-in needed'
      : def.permission === 'admin'
        ? 'administrators'
        : 'signed in',
    def.rate === undefined ? '' : `limit: ${def.rate.points} in ${def.rate.seconds} s`,
  ].filter((f) => f !== '');
  return `<section id="${slug(def.name)}"><h3>${escapeHtml(def.name)}</h3><p>${escapeHtml(def.summary)}.</p>
${def.description === undefined ? '' : `<p>${escapeHtml(def.description)}</p>`}<p>${names.join(' ')}</p><p class="quiet">${escapeHtml(facts.join(' · '))}</p>
<h4>Input</h4>${fields(jsonSchema(def.input, 'input') as Shape)}<h4>Answer</h4>${fields(jsonSchema(def.output, 'output') as Shape)}</section>`;
}

const STYLE = `:root{color-scheme:light dark;--ink:#1c2430;--paper:#fdfcfa;--line:#dcd8d0;--quiet:#5c6673;--accent:#1f5f5b}
@media(prefers-color-scheme:dark){:root{--ink:#e8e6e1;--paper:#14181d;--line:#303841;--quiet:#a3adb8;--accent:#7fd1c7}}
*{box-sizing:border-box}body{margin:0;font:16px/1.6 system-ui,sans-serif;color:var(--ink);background:var(--paper);display:grid;grid-template-columns:minmax(0,1fr)}
main{max-width:56rem;padding:1.5rem;margin:0 auto;width:100%}nav{padding:1.5rem;border-bottom:1px solid var(--line);font-size:.9rem}nav ul{list-style:none;padding:0;margin:0;columns:14rem}
a{color:var(--accent)}h1{font-size:2rem;line-height:1.2}h2{margin-top:3rem;border-bottom:1px solid var(--line)}h3{margin:2.5rem 0 .25rem}h4{margin:1rem 0 .25rem;font-size:.85rem;color:var(--quiet)}
p{margin:.4rem 0}.quiet{color:var(--quiet);font-size:.9rem}.route{display:inline-block;border:1px solid var(--line);border-radius:.4rem;padding:.1rem .5rem;margin:.15rem .3rem .15rem 0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:.9rem;display:block;overflow-x:auto}th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top;font-weight:400}thead th{color:var(--quiet)}
@media(min-width:75rem){body{grid-template-columns:18rem minmax(0,1fr)}nav{border:0;border-right:1px solid var(--line);position:sticky;top:0;height:100vh;overflow:auto}nav ul{columns:1}}`;

/** @returns a whole HTML page that loads nothing */
export function referencePage(
  operations: readonly BoundOperation[],
  events: EventDef[],
  version: string,
): string {
  const defs = operations.map((o) => o.def);
  const groups = [...Map.groupBy(defs, (d) => d.tag)];
  const eventItem = (e: EventDef) =>
    `<section id="event-${slug(e.type)}"><h3>${escapeHtml(e.type)}</h3><p>${escapeHtml(e.summary)}. ${e.kind === 'log' ? 'A log entry: durable, with a <code>seq</code>.' : 'A signal: may be lost, without a <code>seq</code>.'}</p>${fields(jsonSchema(e.payload, 'output') as Shape)}</section>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Parley API reference</title><style>${STYLE}</style></head><body>
<nav aria-label="Contents">${groups.map(([tag, list]) => `<p><b>${escapeHtml(tag)}</b></p><ul>${list.map((d) => `<li><a href="#${slug(d.name)}">${escapeHtml(d.name)}</a></li>`).join('')}</ul>`).join('')}<p><b>Events</b></p><ul>${events.map((e) => `<li><a href="#event-${slug(e.type)}">${escapeHtml(e.type)}</a></li>`).join('')}</ul></nav>
<main><h1>Parley API reference</h1><p>Version ${escapeHtml(version)}. Every operation is called in the same way by REST, Socket.IO (<code>emit(name, input, ack)</code>) and Phoenix channels (a push on <code>room:&lt;id or slug&gt;</code>). Machine-readable: <a href="/api/openapi.json">OpenAPI 3.1</a>.</p>
<p>Sign in with <code>POST /api/session</code> and send the token as <code>Authorization: Bearer</code>, Socket.IO <code>auth.token</code> or Phoenix <code>params.token</code>. MCP clients send it, or an API key that an administrator made (<code>POST /api/keys</code>), as <code>Authorization: Bearer</code> to <code>/mcp</code>. Errors are problem details with <code>code</code>, <code>reason</code>, <code>detail</code>, <code>retryable</code> and <code>traceId</code>.</p>
${groups.map(([tag, list]) => `<h2>${escapeHtml(tag)}</h2>${list.map(operation).join('')}`).join('')}<h2>Events</h2>${events.map(eventItem).join('')}</main></body></html>`;
}
