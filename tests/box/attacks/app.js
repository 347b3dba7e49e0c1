// One attack, in an application whose policy grants nothing: `app.js G` with what surrounds it as JSON, `what` naming the vector. Says FIRES or quiet.
const G = JSON.parse(process.argv[2]);
const body = require('./vector.js');
const { writeSync } = require('fs');
const timeout = new Promise((done, fail) => { setTimeout(fail, 4000, new Error('timeout')); });
Promise.race([Promise.resolve().then(() => body(G)), timeout]).then((v) => [typeof v === 'string' ? v : '', ''], (e) => ['', String(e?.code ?? e?.message ?? e)]).then(([v, e]) => {
  writeSync(1, `RESULT ${/LOOT|CODE|S3CR3T/.test(v) ? 'fires' : 'quiet'} ${(v || e).replace(/\s+/g, ' ').slice(0, 120)}\n`);
  process.exit(0);
});
