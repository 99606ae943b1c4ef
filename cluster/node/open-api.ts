import { z } from 'zod';

import type { Api, Commands } from './api.js';
import { CommandForms, CommandSummaries } from './command-forms.js';

/** What each document is, for people. */
const DocumentSummaries: Readonly<Record<keyof Api, string>> = {
  '/status': 'State, table and packets of the node',
  '/sessions': 'The connection table',
  '/services': 'Virtual services and real servers, with their health',
  '/health': 'The pools of real servers with all their checkers',
  '/vrrp': 'VRRP instances',
  '/sync': 'Session sync and its peers',
  '/events': 'What has happened on the node',
};

/** Texts that are no JSON. */
const TextSummaries = {
  '/metrics': ['Metrics for Prometheus', 'text/plain'],
  '/keepalived.data': ['What keepalived writes on SIGUSR1', 'text/plain'],
  '/keepalived.stats': ['What keepalived writes on SIGUSR2', 'text/plain'],
  '/keepalived.json': ['What keepalived writes as JSON', 'application/json'],
  '/events/stream': ['Events as they happen, one a message', 'text/event-stream'],
} as const;

/** An OpenAPI 3.1 document of the control API, made of what requests are checked with. */
export function openApi(version: string): object {
  const gets = Object.entries(DocumentSummaries).map(([path, summary]) => [
    path,
    { get: { summary, operationId: operationOf(path), ...answer(summary) } },
  ]);
  const texts = Object.entries(TextSummaries).map(([path, [summary, type]]) => [
    path,
    { get: { summary, operationId: operationOf(path), ...answer(summary, type) } },
  ]);
  const posts = paths.map((path) => [
    path,
    {
      post: {
        summary: CommandSummaries[path],
        operationId: operationOf(path),
        requestBody: {
          required: true,
          content: { [Json]: { schema: z.toJSONSchema(CommandForms[path]) } },
        },
        ...answer('What has become of it'),
      },
    },
  ]);
  return {
    openapi: '3.1.0',
    info: { title: 'baton director', version, description: 'One director of a baton cluster.' },
    paths: Object.fromEntries([...gets, ...texts, ...posts]),
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    security: [{ token: [] }, {}],
  };
}

const Json = 'application/json';

/** The paths of commands, in the order of their descriptions. */
const paths: readonly (keyof Commands)[] = [
  '/ipvsadm',
  '/preempt',
  '/reload',
  '/weight',
  '/stand-down',
];

/** `/events/stream` is `events-stream`. */
const operationOf = (path: string): string => path.slice(1).replaceAll('/', '-');

const answer = (description: string, type = Json): object => ({
  responses: {
    '200': { description, content: { [type]: {} } },
    default: { description: 'A refusal: `{ error }` says why', content: { [Json]: {} } },
  },
});
