/** Names of Naru's own in Docker's API: labels that it obeys, attributes that its events carry besides Docker's. */

/** The label that says what is done with a container that is unhealthy. */
export const healthOnFailureLabel = 'naru.health-on-failure';

/** The attribute of a `die` or `stop` that nobody asked for: what it was. */
export const causeAttribute = 'naru.cause';

/** Values of `causeAttribute`: the daemon ended and took the container along; the machine went down under it. */
export type EndCause = 'daemon-stop' | 'machine-down';
