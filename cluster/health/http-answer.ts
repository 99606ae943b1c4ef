/** The longest head of an answer, and the longest body, that is read. */
const LongestHead = 64 * 1_024;
const LongestBody = 16 * 1_024 * 1_024;

const LineFeed = 10;
const CarriageReturn = 13;

/**
 * Reads the answer to one HTTP request as keepalived and genhash do: the status, and the bytes of the body as they come over
 * the wire, whatever their encoding, to the end of the stream or to Content-Length. Fed piece by piece; bytes that make no
 * sense end in `problem`.
 */
export class HttpAnswer {
  /** Why the answer cannot be used. */
  problem: string | undefined;
  #status: number | undefined;
  #contentLength: number | undefined;
  #head: number[] | undefined = [];
  #bodyLength = 0;

  /** Undefined before the head has been read. */
  get status(): number | undefined {
    return this.#status;
  }

  /** True when all of the body is there that was announced. Without a length only the end of the stream tells. */
  get isComplete(): boolean {
    return this.#contentLength !== undefined && this.#bodyLength >= this.#contentLength;
  }

  /** Takes the next bytes of the stream; answers those of them that belong to the body. */
  feed(bytes: Uint8Array): Uint8Array {
    if (this.problem !== undefined) return bytes.subarray(0, 0);
    let offset = 0;
    while (this.#head !== undefined && offset < bytes.length) {
      this.#takeHead(this.#head, bytes[offset] ?? 0);
      offset += 1;
    }
    if (this.#contentLength === 0) return bytes.subarray(0, 0);
    const left = (this.#contentLength ?? LongestBody) - this.#bodyLength;
    const body = bytes.subarray(offset, offset + left);
    this.#bodyLength += body.length;
    if (this.#bodyLength >= LongestBody) this.problem = 'a body that is too long';
    return body;
  }

  #takeHead(head: number[], byte: number): void {
    if (byte !== CarriageReturn) head.push(byte);
    const isEnd = byte === LineFeed && head.at(-2) === LineFeed;
    if (isEnd) this.#readHead(head);
    else if (head.length > LongestHead) this.#refuse('a head that is too long');
  }

  #readHead(head: readonly number[]): void {
    this.#head = undefined;
    const [first = '', ...fields] = textOf(head).split('\n');
    const [, status] = /^HTTP\/\d\S* +(\d{3})\b/.exec(first) ?? [];
    if (status === undefined) return this.#refuse('an answer that is not HTTP');
    this.#status = Number(status);
    for (const field of fields) {
      const [, length] = /^content-length:\s*(\d{1,15})\s*$/i.exec(field) ?? [];
      if (length !== undefined) this.#contentLength = Number(length);
    }
  }

  #refuse(problem: string): void {
    this.#head = undefined;
    this.problem = problem;
  }
}

/** Bytes as the characters of ISO 8859-1. */
function textOf(bytes: readonly number[]): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
