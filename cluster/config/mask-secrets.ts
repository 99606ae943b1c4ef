import type { NodeConfig } from './node-config.js';
import type { AuthenticationConfig, SecretKey } from './vrrp-config.js';

/** As long as a password of an election may be. */
const Mask = '********';

/** The configuration with every password and key replaced, for eyes and logs that need not know them. */
export const maskSecrets = (config: NodeConfig): NodeConfig => ({
  ...config,
  vrrpInstances: config.vrrpInstances.map((instance) => ({
    ...instance,
    authentication: instance.authentication && maskAuthentication(instance.authentication),
  })),
  sync: config.sync && { ...config.sync, keys: config.sync.keys.map(maskKey) },
  tls: config.tls && { ...config.tls, password: config.tls.password && Mask },
});

const maskAuthentication = (authentication: AuthenticationConfig): AuthenticationConfig =>
  authentication.kind === 'pass'
    ? { ...authentication, password: Mask }
    : { ...authentication, keys: authentication.keys.map(maskKey) };

const maskKey = ({ id, key }: SecretKey): SecretKey => ({ id, key: new Uint8Array(key.length) });
