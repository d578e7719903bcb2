/** The shapes of the bodies that make volumes and bring credentials. */
import { object } from './decode.ts';
import type { AuthConfig } from './system.ts';
import type { CreateVolumeBody } from './volume.ts';

/** `POST /volumes/create`. */
export const createVolumeBody = object<CreateVolumeBody>('CreateOptions', {
  Name: 'string', Driver: 'string', DriverOpts: { map: 'string' }, Labels: { map: 'string' }, ClusterVolumeSpec: 'anything',
});

/** `POST /auth`, and what the `X-Registry-Auth` header holds. */
export const authConfig = object<AuthConfig>('AuthConfig', {
  username: 'string', password: 'string', auth: 'string', email: 'string', serveraddress: 'string', identitytoken: 'string', registrytoken: 'string',
});
