import { instant, type Instant } from '../../director/base/time.js';

export {
  literalAddress as ip,
  literalPrefix as prefix,
} from '../../director/base/literal-address.js';

/** The instant so many seconds after the start of a test's own clock. */
export const at = (seconds: number): Instant => instant(seconds * 1_000_000);
