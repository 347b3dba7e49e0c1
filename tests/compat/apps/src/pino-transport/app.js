// A transport of pino runs in a worker (thread-stream); main waits for it with Atomics.
const fs = require('fs');
const path = require('path');
const pino = require('pino');

const out = path.join(__dirname, 'out.log');
fs.rmSync(out, { force: true });
const transport = pino.transport({ target: path.join(__dirname, 'transport.js'), options: { out } });
const log = pino({ base: null, timestamp: false }, transport);
log.info('hello');
log.child({ part: 'db' }).warn({ rows: 3 }, 'slow');
const wait = setInterval(() => {}, 1000);      // a transport does not keep the program alive
transport.on('close', () => { clearInterval(wait); console.log(fs.readFileSync(out, 'utf8')); });
transport.on('ready', () => { transport.end(); });
