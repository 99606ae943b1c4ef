import { assert } from '../../director/base/invariant.js';

/** Query types by their numbers (RFC 1035 §3.2.2, RFC 3596 §2.1). */
const TypeNumbers = { A: 1, NS: 2, CNAME: 5, SOA: 6, MX: 15, TXT: 16, AAAA: 28 } as const;

/** What DNS_CHECK can ask for. */
export type QueryType = keyof typeof TypeNumbers;

/** Of a header (RFC 1035 §4.1.1), and its bits that matter here. */
const HeaderLength = 12;
const RecursionDesired = 0x0100;
const IsResponse = 0x8000;
const CodeMask = 0x000f;
const ClassInternet = 1;
const LongestLabel = 63;

/** A query for one name. `name` has labels of 1 to 63 ASCII characters; `.` is the root. */
export interface Query {
  readonly id: number;
  readonly name: string;
  readonly type: QueryType;
}

/** Writes a standard query that asks for recursion, as keepalived's does. */
export function encodeQuery({ id, name, type }: Query): Uint8Array {
  const labels = name.split('.').filter((label) => label !== '');
  const nameLength = labels.reduce((sum, label) => sum + 1 + label.length, 1);
  const bytes = new Uint8Array(HeaderLength + nameLength + 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id);
  view.setUint16(2, RecursionDesired);
  view.setUint16(4, 1);
  let offset = HeaderLength;
  for (const label of labels) {
    assert(label.length <= LongestLabel, 'a checked name has labels that fit');
    bytes[offset] = label.length;
    for (let index = 0; index < label.length; index += 1) {
      bytes[offset + 1 + index] = label.charCodeAt(index);
    }
    offset += 1 + label.length;
  }
  view.setUint16(offset + 1, TypeNumbers[type]);
  view.setUint16(offset + 3, ClassInternet);
  return bytes;
}

/** What a response says; undefined for anything that is none. */
export function readResponse(
  message: Uint8Array,
): { readonly id: number; readonly code: number } | undefined {
  if (message.length < HeaderLength) return undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const flags = view.getUint16(2);
  if ((flags & IsResponse) === 0) return undefined;
  return { id: view.getUint16(0), code: flags & CodeMask };
}
