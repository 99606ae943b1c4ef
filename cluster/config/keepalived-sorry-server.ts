import { readForwarding } from './keepalived-forwarding.js';
import { type Endpoint, readEndpoint } from './keepalived-real-server.js';
import type { ForwardingConfig } from './node-config.js';
import type { ReadContext } from './read-context.js';
import type { Keyword } from './statement-reader.js';

/** What a virtual server says of its sorry server, while its block is read. */
export interface SorryServerDraft {
  endpoint?: Endpoint | undefined;
  forwarding?: ForwardingConfig | undefined;
  line?: number;
  inhibit?: boolean;
}

/** The keywords of `virtual_server` about its sorry server. */
export function sorryServerKeywords(
  draft: SorryServerDraft,
  context: ReadContext,
): Record<string, Keyword> {
  const { reader, problems } = context;
  const needsServer = (keyword: string, line: number): void => {
    if (draft.line !== undefined) return;
    const message = `${keyword} has no effect: there is no sorry_server before it`;
    problems.add(line, 'conflict', message);
  };
  return {
    sorry_server: {
      read: (statement) => {
        draft.line = statement.line;
        draft.endpoint = readEndpoint(statement, context);
      },
    },
    sorry_server_inhibit: {
      read: (statement) => {
        needsServer(statement.keyword, statement.line);
        draft.inhibit = reader.mark(statement);
      },
    },
    sorry_server_lvs_method: {
      read: (statement) => {
        needsServer(statement.keyword, statement.line);
        draft.forwarding = readForwarding(statement, context);
      },
    },
  };
}
