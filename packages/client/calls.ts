/**
 * The Engine API's calls as a table: method, path and the type of the answer. What a call sends is the caller's.
 * Versions of the API in which a call appeared are the command table's business.
 */
import type { Call } from './call.ts';
import type {
  AuthAnswer, Change, ContainerInspect, ContainerSummary, Created, DiskUsage, ExecInspect, HistoryItem, ImageDeletion, ImageSummary,
  InfoAnswer, NetworkSummary, PluginPrivilege, PluginSummary, SearchResult, StatsAnswer, TopAnswer, VersionAnswer, VolumeList, VolumeSummary, WaitAnswer,
} from './types/index.ts';

const get = <T = undefined>(path: string): Call<T> => ({ method: 'GET', path });
const post = <T = undefined>(path: string): Call<T> => ({ method: 'POST', path });
const put = <T = undefined>(path: string): Call<T> => ({ method: 'PUT', path });
const head = (path: string): Call<undefined> => ({ method: 'HEAD', path });
const remove = <T = undefined>(path: string): Call<T> => ({ method: 'DELETE', path });

export const calls = {
  containerList: get<ContainerSummary[]>('/containers/json'),
  containerCreate: post<Created>('/containers/create'),
  containerInspect: get<ContainerInspect>('/containers/{id}/json'),
  containerTop: get<TopAnswer>('/containers/{id}/top'),
  containerLogs: get('/containers/{id}/logs'),
  containerChanges: get<Change[] | null>('/containers/{id}/changes'),
  containerExport: get('/containers/{id}/export'),
  containerStats: get<StatsAnswer>('/containers/{id}/stats'),
  containerResize: post('/containers/{id}/resize'),
  containerStart: post('/containers/{id}/start'),
  containerStop: post('/containers/{id}/stop'),
  containerRestart: post('/containers/{id}/restart'),
  containerKill: post('/containers/{id}/kill'),
  containerUpdate: post<{ Warnings: string[] | null }>('/containers/{id}/update'),
  containerRename: post('/containers/{id}/rename'),
  containerPause: post('/containers/{id}/pause'),
  containerUnpause: post('/containers/{id}/unpause'),
  containerAttach: post('/containers/{id}/attach'),
  containerWait: post<WaitAnswer>('/containers/{id}/wait'),
  containerRemove: remove('/containers/{id}'),
  containerPrune: post<{ ContainersDeleted: string[] | null; SpaceReclaimed: number }>('/containers/prune'),
  archiveStat: head('/containers/{id}/archive'),
  archiveGet: get('/containers/{id}/archive'),
  archivePut: put('/containers/{id}/archive'),
  execCreate: post<{ Id: string }>('/containers/{id}/exec'),
  execStart: post('/exec/{id}/start'),
  execResize: post('/exec/{id}/resize'),
  execInspect: get<ExecInspect>('/exec/{id}/json'),
  commit: post<{ Id: string }>('/commit'),

  imageList: get<ImageSummary[]>('/images/json'),
  imageInspect: get<Record<string, unknown>>('/images/{name}/json'),
  imageHistory: get<HistoryItem[]>('/images/{name}/history'),
  imageCreate: post('/images/create'),
  imagePush: post('/images/{name}/push'),
  imageTag: post('/images/{name}/tag'),
  imageRemove: remove<ImageDeletion[]>('/images/{name}'),
  imageSearch: get<SearchResult[]>('/images/search'),
  imagePrune: post<{ ImagesDeleted: ImageDeletion[] | null; SpaceReclaimed: number }>('/images/prune'),
  imageSave: get('/images/get'),
  imageLoad: post('/images/load'),
  build: post('/build'),
  buildPrune: post<{ CachesDeleted: string[] | null; SpaceReclaimed: number }>('/build/prune'),
  distribution: get<Record<string, unknown>>('/distribution/{name}/json'),

  networkList: get<NetworkSummary[]>('/networks'),
  networkInspect: get<Record<string, unknown>>('/networks/{id}'),
  networkCreate: post<{ Id: string; Warning: string }>('/networks/create'),
  networkConnect: post('/networks/{id}/connect'),
  networkDisconnect: post('/networks/{id}/disconnect'),
  networkRemove: remove('/networks/{id}'),
  networkPrune: post<{ NetworksDeleted: string[] | null }>('/networks/prune'),

  volumeList: get<VolumeList>('/volumes'),
  volumeInspect: get<VolumeSummary>('/volumes/{name}'),
  volumeCreate: post<VolumeSummary>('/volumes/create'),
  volumeUpdate: put('/volumes/{name}'),
  volumeRemove: remove('/volumes/{name}'),
  volumePrune: post<{ VolumesDeleted: string[] | null; SpaceReclaimed: number }>('/volumes/prune'),

  version: get<VersionAnswer>('/version'),
  info: get<InfoAnswer>('/info'),
  events: get('/events'),
  diskUsage: get<DiskUsage>('/system/df'),
  auth: post<AuthAnswer>('/auth'),

  configInspect: get('/configs/{id}'),
  nodeInspect: get('/nodes/{id}'),
  secretInspect: get('/secrets/{id}'),
  serviceInspect: get('/services/{id}'),
  taskInspect: get('/tasks/{id}'),

  pluginList: get<PluginSummary[] | null>('/plugins'),
  pluginInspect: get<PluginSummary>('/plugins/{name}/json'),
  pluginPrivileges: get<PluginPrivilege[] | null>('/plugins/privileges'),
  pluginPull: post('/plugins/pull'),
  pluginCreate: post('/plugins/create'),
  pluginEnable: post('/plugins/{name}/enable'),
  pluginDisable: post('/plugins/{name}/disable'),
  pluginPush: post('/plugins/{name}/push'),
  pluginSet: post('/plugins/{name}/set'),
  pluginUpgrade: post('/plugins/{name}/upgrade'),
  pluginRemove: remove('/plugins/{name}'),
  checkpointList: get<{ Name: string }[] | null>('/containers/{id}/checkpoints'),
  checkpointCreate: post('/containers/{id}/checkpoints'),
  checkpointRemove: remove('/containers/{id}/checkpoints/{name}'),
} as const;

