/** One call of the Engine API: its method, its path, and the type of what it answers. */
export interface Call<T> {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** As the API description writes it, without the version: `/containers/{id}/json`. */
  readonly path: string;
  /** Only a type: what the JSON answer is. */
  readonly answer?: T;
}
