import { AddressOptions, AddressReason } from './keepalived-keywords.js';
import type { Statement } from './keepalived-statements.js';
import { lineOf, virtualAddressKey } from './position.js';
import { claim, type ReadContext } from './read-context.js';
import { describeFamily, familyOf } from './service-values.js';
import type { Value } from './statement-reader.js';
import type { VirtualAddress } from './vrrp-config.js';

/** RFC 9568 §5.2.5: the count of addresses is one octet. */
const MaximumAddresses = 255;

/** As many as fit into 1500 bytes with the headers and a trailer of auth_hmac; keepalived moves others out of its message. */
const MaximumIpv6Addresses = 88;

/** The excluded ones are in no message; the limit is that of a file which somebody can still read. */
const MaximumExcluded = 4_096;

/** An address whose interface, when it names none, is that of its instance. */
export type AddressDraft = Omit<VirtualAddress, 'device'> & { readonly device: string | undefined };

/** Reads `virtual_ipaddress`: its addresses are of one family, which is that of the advertisements. */
export function readAdvertised(block: Statement, context: ReadContext): AddressDraft[] {
  const { problems } = context;
  if (block.body?.length === 0) problems.add(block.line, 'missing', `${block.keyword} is empty`);
  const addresses = readAddresses(block, MaximumAddresses, context);
  const [first, ...others] = addresses;
  if (first === undefined) return addresses;
  const family = familyOf(first.address);
  const { positions } = context;
  for (const { address } of others) {
    if (familyOf(address) === family) continue;
    const line = lineOf(positions, virtualAddressKey(address));
    const message = `${address} is not ${describeFamily(family)} as ${first.address} is: it goes to virtual_ipaddress_excluded`;
    problems.add(line, 'conflict', message);
  }
  const beyond = addresses[MaximumIpv6Addresses];
  if (family === 'ipv6' && beyond !== undefined) {
    const line = lineOf(positions, virtualAddressKey(beyond.address));
    const message = `${block.keyword} takes at most ${MaximumIpv6Addresses} IPv6 addresses`;
    problems.add(line, 'not-supported', message);
  }
  return addresses;
}

/** Reads `virtual_ipaddress_excluded`, which may mix families. */
export const readExcluded = (block: Statement, context: ReadContext): AddressDraft[] =>
  readAddresses(block, MaximumExcluded, context);

/** Reads `ADDRESS[/LENGTH] [dev INTERFACE]`, one on each line of the block. */
function readAddresses(block: Statement, limit: number, context: ReadContext): AddressDraft[] {
  const { reader, problems } = context;
  reader.values(block, []);
  const addresses: AddressDraft[] = [];
  const statements = block.body ?? [];
  for (const statement of statements.slice(0, limit)) {
    const { keyword: text, line } = statement;
    if (statement.body !== undefined) {
      problems.add(line, 'syntax', `the address ${text} takes no block`);
      continue;
    }
    let device: string | undefined;
    const dev = (value: Value): void => {
      device = reader.device(value);
    };
    reader.options(withoutKernelOptions(statement, context), 0, { dev });
    const prefix = reader.prefix({ name: block.keyword, text, line, column: statement.columns[0] });
    if (prefix === undefined) continue;
    if (addresses.some(({ address }) => address === prefix.address)) {
      const message = `${block.keyword} names ${prefix.address} twice: it counts once`;
      problems.warn(line, block.keyword, message, statement.columns[0]);
      continue;
    }
    claim(context, virtualAddressKey(prefix.address), line);
    addresses.push({ ...prefix, device });
  }
  const beyond = statements[limit];
  if (beyond !== undefined) {
    const message = `${block.keyword} takes at most ${limit} addresses`;
    problems.add(beyond.line, 'not-supported', message);
  }
  return addresses;
}

/** The statement without the options that are about an address in the kernel; each is named in a warning. */
function withoutKernelOptions(statement: Statement, { problems }: ReadContext): Statement {
  const words: string[] = [];
  const columns: number[] = statement.columns.slice(0, 1);
  for (let index = 0; index < statement.words.length; index += 1) {
    const word = statement.words[index] ?? '';
    const column = statement.columns[index + 1] ?? 1;
    const values = AddressOptions.get(word);
    if (values === undefined) {
      words.push(word);
      columns.push(column);
      continue;
    }
    const message = `${word} of an address is not simulated: ${AddressReason}`;
    problems.warn(statement.line, word, message, column);
    index += values;
  }
  return { ...statement, words, columns };
}
