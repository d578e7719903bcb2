export { bearerAuthority, type BearerOptions } from './auth/bearer.ts';
export type { Users } from './auth/credentials.ts';
export { basicAuthority, htpasswdUsers } from './auth/htpasswd.ts';
export { tokenService, type TokenServiceOptions } from './auth/token-service.ts';
export type * from './port.ts';
export * from './server.ts';
