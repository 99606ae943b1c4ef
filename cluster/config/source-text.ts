/** A file as it was read. */
export interface SourceFile {
  /** As messages name it. */
  readonly name: string;
  /** The absolute path of its folder: relative names in it start there. */
  readonly folder: string;
  readonly text: string;
}

/** A line of a configuration when inclusions, conditions and parameters are gone. */
export interface SourceLine {
  readonly file: string;
  /** 1-based; several lines may come from one. */
  readonly line: number;
  readonly text: string;
}

/** The files that an `include` names, in the order of their names, or why there are none. */
export interface Inclusion {
  readonly files: readonly SourceFile[];
  /** Sentences without a final stop about what cannot be read. */
  readonly failures: readonly string[];
}

/** What a configuration file may ask of the machine that reads it. */
export interface Surroundings {
  /** `-i ID`: the lines that begin with `@ID` are read, too; keepalived's default is the machine's name up to its first dot. */
  readonly configId: string;
  /** `router_id` of a file that has none: the machine's name. */
  readonly hostName: string;
  /** The files whose path fits `pattern`; a relative one starts in `folder`. */
  include(pattern: string, folder: string): Inclusion;
  /** `${_ENV NAME}`. */
  environment(name: string): string | undefined;
  /** `${_RANDOM MIN MAX}`: a whole number, both limits included. */
  random(minimum: number, maximum: number): number;
}

/** A place without other files, variables and chance. */
export const NoSurroundings: Surroundings = {
  configId: 'baton',
  hostName: 'localhost',
  include: (pattern) => ({ files: [], failures: [`there is no file ${pattern}`] }),
  environment: () => undefined,
  random: (minimum) => minimum,
};
