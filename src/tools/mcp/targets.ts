// Where a server of someone's is, and what goes along to it: an address with its own headers, or a configured program. Must never
// open a credential for another server than its own, nor let one travel in the clear.
import type { McpProgram } from '../../core/config.ts';
import { AppError } from '../../core/errors.ts';
import type { TextSealer } from '../../core/sealed-text.ts';
import type { McpTarget, Signing } from './connection.ts';
import type { McpServerRow } from './repository.ts';

export interface TargetDeps {
  sealer: TextSealer;
  /** Whether the operator lists this host as his own: only there may a credential travel unencrypted. */
  isOwnHost(host: string): boolean;
  /** By name, from the configuration. */
  programs: Record<string, McpProgram>;
}

export function createTargets({ sealer, isOwnHost, programs }: TargetDeps) {
  const placeOf = ({ tenantId, id }: { tenantId: string; id: string }) => `mcp_server\0${tenantId}\0${id}`;

  function headersOf(row: McpServerRow): Record<string, string> {
    if (row.sealedHeaders === null) return {};
    try {
      return JSON.parse(sealer.open(placeOf(row), row.sealedHeaders));
    } catch {
      throw new AppError(
        'unavailable',
        'credential_unreadable',
        'The headers of this server were sealed under another SECRET_KEY; set them anew.',
      );
    }
  }

  return {
    programsFor: (isAdmin: boolean): string[] =>
      Object.entries(programs)
        .filter(([, program]) => isAdmin || program.for === 'everyone')
        .map(([name]) => name),

    requireProgram(name: string, isAdmin: boolean): McpProgram {
      const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
      if (program === undefined || (program.for === 'administrators' && !isAdmin))
        throw new AppError('invalid', 'unknown_program', `program: there is none named "${name}" for you.`);
      return program;
    },

    /** @param signing of use where no header of the owner's stands in its place */
    targetOf(row: McpServerRow, signing: Signing): McpTarget {
      if (row.program !== null) {
        const program = Object.hasOwn(programs, row.program) ? programs[row.program] : undefined;
        if (program !== undefined) return { kind: 'program', program };
        throw new AppError(
          'unavailable',
          'unknown_program',
          'The program of this server is not configured any more.',
        );
      }
      const isSigned = !row.headerNames.includes('authorization');
      return {
        kind: 'http',
        url: row.url as string,
        headers: headersOf(row),
        ...(isSigned ? { signing } : {}),
      };
    },

    /** @throws AppError when a credential would travel in the clear */
    requirePrivate(url: string, what: string): void {
      const { protocol, hostname } = new URL(url);
      if (protocol !== 'https:' && !isOwnHost(hostname))
        throw new AppError(
          'invalid',
          'insecure_url',
          `url: ${what} are sent over https only; use such an address.`,
        );
    },

    /** @throws AppError for one that is not the owner's to set */
    sealed(place: { tenantId: string; id: string }, headers: Record<string, string>) {
      const checked = checkedHeaders(headers);
      const names = Object.keys(checked).map((name) => name.toLowerCase());
      return {
        sealedHeaders: names.length === 0 ? null : sealer.seal(placeOf(place), JSON.stringify(checked)),
        headerNames: JSON.stringify(names.sort()),
      };
    },
  };
}

/** Headers that the protocol or the connection sets are refused here rather than at the first call. */
function checkedHeaders(headers: Record<string, string>): Record<string, string> {
  for (const [name, value] of Object.entries(headers)) {
    if (
      /^(host|content-.*|accept|connection|transfer-encoding|te|upgrade|expect|proxy-.*|mcp-.*)$/i.test(name)
    )
      throw new AppError(
        'invalid',
        'header_not_allowed',
        `headers: ${name} is set by the protocol; leave it out.`,
      );
    if (!/^[\t\x20-\x7e]*$/.test(value))
      throw new AppError(
        'invalid',
        'header_not_allowed',
        `headers: the value of ${name} has other than plain characters.`,
      );
  }
  return headers;
}
