/** The options of each log driver, for completion. */

const ofAll = ['max-buffer-size=', 'mode='];
const ofMessages = [...ofAll, 'env=', 'env-regex=', 'labels='];
const prefixed = (prefix: string, names: string): string[] => names.split(' ').map((name) => `${prefix}-${name}=`);

const options: Readonly<Record<string, readonly string[]>> = {
  'awslogs': [...ofAll, ...prefixed('awslogs', 'create-group credentials-endpoint datetime-format group multiline-pattern region stream'), 'tag='],
  'fluentd': [...ofMessages, ...prefixed('fluentd', 'address async buffer-limit request-ack retry-wait max-retries sub-second-precision write-timeout'), 'tag='],
  'gcplogs': [...ofMessages, ...prefixed('gcp', 'log-cmd meta-id meta-name meta-zone project')],
  'gelf': [...ofMessages, ...prefixed('gelf', 'address compression-level compression-type tcp-max-reconnect tcp-reconnect-delay'), 'tag='],
  'journald': [...ofMessages, 'tag='],
  'json-file': [...ofMessages, 'compress=', 'max-file=', 'max-size='],
  'local': [...ofAll, 'compress=', 'max-file=', 'max-size='],
  'none': [],
  'splunk': [...ofMessages, ...prefixed('splunk', 'caname capath format gzip gzip-level index insecureskipverify source sourcetype token url verify-connection'), 'tag='],
  'syslog': [...ofMessages, ...prefixed('syslog', 'address facility format tls-ca-cert tls-cert tls-key tls-skip-verify'), 'tag='],
};

/** Those of `driver`; of any where none, or an unknown one, is named. */
export function logOptions(driver: string | undefined): readonly string[] {
  return options[driver ?? ''] ?? [...new Set(Object.values(options).flat())].sort();
}
