/** True when two values of a configuration say the same: numbers, texts, bytes, lists and objects of these. */
export function isSame(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (!isObject(left) || !isObject(right)) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const [leftKeys, rightKeys] = [definedKeys(left), definedKeys(right)];
  return (
    leftKeys.length === rightKeys.length &&
    leftKeys.every((key) => isSame(Reflect.get(left, key), Reflect.get(right, key)))
  );
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** A key without a value is as good as none. */
const definedKeys = (value: object): string[] =>
  Object.keys(value).filter((key) => Reflect.get(value, key) !== undefined);
