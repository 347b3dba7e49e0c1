// connect.js PORT N: N connections, one after the other; prints the microseconds of one.
const net = require('node:net');

const [port, n] = process.argv.slice(2).map(Number);
const once = () => new Promise((done, fail) => {
  const s = net.connect(port, '127.0.0.1', () => { s.destroy(); });
  s.on('error', fail);
  s.on('close', () => done());
});
(async () => {
  for (let i = 0; i < 50; i++) await once();
  const start = process.hrtime.bigint();
  for (let i = 0; i < n; i++) await once();
  console.log(Number(process.hrtime.bigint() - start) / 1000 / n);
})();
