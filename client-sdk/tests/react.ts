// React without a page: components that render nothing, on as little of a document as react-dom asks for. What React reports is kept.
import { act, createElement, type FunctionComponent, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { vi } from 'vitest';
import type { Client } from '../src/api.ts';
import { ParleyProvider } from '../src/react/hooks.ts';

const nothing = () => {};
const listens = { addEventListener: nothing, removeEventListener: nothing };
const page = { ...listens, nodeType: 9, nodeName: '#document', activeElement: null, defaultView: null };
const container = () => ({
  ...listens,
  nodeType: 1,
  nodeName: 'DIV',
  tagName: 'DIV',
  namespaceURI: 'http://www.w3.org/1999/xhtml',
  ownerDocument: page,
  textContent: '',
  firstChild: null,
  lastChild: null,
});

export async function render(client: Client, component: FunctionComponent, { strict = false } = {}) {
  Object.assign(globalThis, {
    window: globalThis,
    document: page,
    HTMLIFrameElement: class {},
    IS_REACT_ACT_ENVIRONMENT: true,
  });
  const reported = vi.spyOn(console, 'error').mockImplementation(nothing);
  const root = createRoot(container() as unknown as Element);
  const inner = createElement(ParleyProvider, { client }, createElement(component));
  await act(async () => root.render(strict ? createElement(StrictMode, null, inner) : inner));
  return {
    /** What React complained about. */
    problems: (): unknown[] => reported.mock.calls.map((words) => words.join(' ')),
    async unmount() {
      await act(async () => root.unmount());
      reported.mockRestore();
    },
  };
}
