import type { TlsConfig } from './checker-config.js';
import type { Statement } from './keepalived-statements.js';
import type { Draft, ReadContext } from './read-context.js';
import type { Keyword } from './statement-reader.js';

/** The kernel's PATH_MAX, without its final zero. */
const MaximumPathLength = 4_095;

/** Reads the blocks of `SSL` as one; undefined when there is none. */
export function readTls(
  statements: readonly Statement[],
  { reader }: ReadContext,
): TlsConfig | undefined {
  const [first] = statements;
  if (first === undefined) return undefined;
  const draft: Draft<TlsConfig> = {};
  const text = (field: keyof TlsConfig): Keyword => ({
    read: (statement) => {
      draft[field] = reader.text(reader.value(statement), MaximumPathLength);
    },
  });
  for (const statement of statements) reader.values(statement, []);
  const body = statements.flatMap((statement) => statement.body ?? []);
  reader.block({ name: 'SSL', line: first.line }, body, {
    password: text('password'),
    ca: text('ca'),
    certificate: text('certificate'),
    key: text('key'),
  });
  const { password, ca, certificate, key } = draft;
  return { password, ca, certificate, key };
}
