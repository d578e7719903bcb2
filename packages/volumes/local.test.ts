import { volumesContract } from './contract.ts';
import { localVolumes } from './local.ts';

volumesContract('local', localVolumes);
