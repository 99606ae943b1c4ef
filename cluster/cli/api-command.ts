import { UsageError } from '../../director/base/errors.js';
import { addCommand, examples, type CommandLine } from './command-line.js';
import { chosenLab, type CommonOptions } from './lab-option.js';

/** `api`: whatever a director's own description of its API offers. */
export function addApiCommand(line: CommandLine): void {
  addCommand(line, 'api')
    .summary("use a director's control API")
    .description(
      'Without a path: list what the director offers, by its own OpenAPI description. With a path:\n' +
        'ask for the document, or carry out the command with this JSON document.',
    )
    .argument('<node>', 'director')
    .argument('[path]', 'such as /health or /weight')
    .argument('[document]', 'JSON for a command')
    .addHelpText(
      'after',
      examples('api d1', 'api d1 /metrics', `api d1 /stand-down '{"isDown":true}'`),
    )
    .action(
      async (
        node: string,
        path: string | undefined,
        document: string | undefined,
        options: CommonOptions,
      ) => {
        const lab = await chosenLab(options);
        const description: Description = JSON.parse(await lab.call(node, 'GET', '/openapi.json'));
        if (path === undefined) {
          const isJson = options.json === true;
          line.terminal.out(
            isJson ? `${JSON.stringify(description, undefined, 2)}\n` : renderPaths(description),
          );
          return;
        }
        const operations = description.paths[path];
        const method = document === undefined ? 'get' : 'post';
        if (operations?.[method] === undefined) throw noOperation(path, method, operations);
        const answer = await lab.call(node, method === 'get' ? 'GET' : 'POST', path, document);
        line.terminal.out(answer);
      },
    );
}

/** As much of an OpenAPI document as is needed. */
interface Description {
  readonly paths: Readonly<Record<string, Operations>>;
}
type Operations = Readonly<Partial<Record<'get' | 'post', { readonly summary: string }>>>;

function noOperation(
  path: string,
  method: 'get' | 'post',
  operations: Operations | undefined,
): UsageError {
  if (operations === undefined) {
    return new UsageError(
      { code: 'no-path' },
      `the director offers no ${path}: see 'baton api NODE'`,
    );
  }
  const advice = method === 'get' ? 'is a command: give it a JSON document' : 'takes no document';
  return new UsageError({ code: 'no-operation' }, `${path} ${advice}`);
}

function renderPaths({ paths }: Description): string {
  const rows = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { summary }]) => ({ path, method, summary })),
  );
  const width = Math.max(...rows.map(({ path }) => path.length));
  return rows
    .map(
      ({ path, method, summary }) =>
        `${method.toUpperCase().padEnd(4)} ${path.padEnd(width)}  ${summary}\n`,
    )
    .join('');
}
