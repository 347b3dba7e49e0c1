'use strict';
// Every export of Node's modules exists, with its kind; a new one fails here until somebody has classified it.
const MISSING = { net: ['_createServerHandle', '_TransferredBoundSocket'], child_process: ['_forkChild'] };
for (const name of ['net', 'tls', 'http', 'https', 'http2', 'dns', 'dns/promises', 'dgram', 'child_process']) {
  const module = require(name);
  const missing = MISSING[name] ?? [];
  console.log(name, Object.keys(module).filter((k) => !missing.includes(k)).sort().map((k) => `${k}:${typeof module[k]}`).join(' '));
}
console.log('end');
