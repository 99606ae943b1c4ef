import { assert } from '../../director/base/invariant.js';

/** The bytes of hexadecimal text; white space is for the reader. */
export function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  const digits = hex.replaceAll(/\s/g, '');
  assert(/^([\da-f]{2})*$/i.test(digits), 'the test writes whole bytes in hexadecimal');
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** A view of bytes from hexadecimal text, for the accessors of `director/wire`. */
export const viewOf = (hex: string): DataView => new DataView(bytesOf(hex).buffer);

/** The hexadecimal text of [offset, end) of a view, to compare and to print. */
export const hexOf = (view: DataView, offset = 0, end = view.byteLength): string =>
  Buffer.from(view.buffer, view.byteOffset + offset, end - offset).toString('hex');

/** Hexadecimal text without the white space. */
export const compact = (hex: string): string => hex.replaceAll(/\s/g, '').toLowerCase();

/** Every proper prefix of the bytes, each in memory that ends with it, so that a read too far is an exception. */
export function* truncations(hex: string): Generator<DataView> {
  const bytes = bytesOf(hex);
  for (let length = 0; length < bytes.length; length += 1) {
    yield new DataView(bytes.slice(0, length).buffer);
  }
}
