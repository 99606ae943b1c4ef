declare const brand: unique symbol;

/**
 * A primitive with a name the compiler keeps apart from others of the same shape, for values that are easily mixed
 * up (an instant and a duration). Casts to a brand live in `base` and `wire` only, inside validating constructors.
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
