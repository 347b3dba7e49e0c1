'use strict';
// Another package, with things of its own: whoever walks must meet none of them.
const secret = function victimCallback() { return 'secret'; };
const mine = { process, console, require, module, globalThis, timers: [] };
try { mine.timers.push(setTimeout(secret, 60000), setInterval(secret, 60000)); } catch { /* may not */ }
try { process.on('reach', secret); } catch { /* may not */ }
const { EventEmitter } = require('events');
mine.emitter = new EventEmitter().on('x', secret);
for (const name of ['fs', 'http', 'https', 'net', 'util', 'crypto', 'os', 'timers', 'dns', 'child_process', 'module', 'async_hooks', 'diagnostics_channel', 'perf_hooks', 'worker_threads', 'vm'])
  try { mine[`require ${name}`] = require(name); } catch { /* not offered */ }
try { mine.channel = require('diagnostics_channel').channel('reach'); mine.channel.subscribe(secret); } catch { /* may not */ }
try { mine.agent = new (require('http').Agent)({ keepAlive: true }); } catch { /* may not */ }
mine.env = process.env;
mine.callback = secret;
exports.mine = () => mine;          // for the application, which keeps it to itself
