/** Every route of the Engine API that is built. What is missing here answers "not implemented" by name (server-endpoints.ts). */
import { authRoutes } from './auth/routes.ts';
import { buildRoutes } from './build/routes.ts';
import { containerRoutes } from './containers/routes.ts';
import type { Engine } from './context.ts';
import { execRoutes } from './exec/routes.ts';
import { imageRoutes } from './images/routes.ts';
import { networkRoutes } from './networks/routes.ts';
import type { Route } from './router.ts';
import { systemRoutes } from './system/routes.ts';
import { volumeRoutes } from './volumes/routes.ts';

export function allRoutes(engine: Engine): Route[] {
  return [
    ...containerRoutes(engine),
    ...execRoutes(engine),
    ...imageRoutes(engine),
    ...networkRoutes(engine),
    ...volumeRoutes(engine),
    ...buildRoutes(engine),
    ...authRoutes(engine),
    ...systemRoutes(engine),
  ];
}
