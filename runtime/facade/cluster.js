// require('cluster') for an ambient application: Node's own, whose workers are children under npsx. A confined package is refused (table.js): the
// primary listens for its workers and hands them sockets, and nobody could say whose those are.

const { adopt } = use('facade/events');

// Node's primary takes fork() when it is loaded.
const load = (c) => {
  const real = host.real('child_process');
  const { fork } = real;
  real.fork = use('builtins').get(c, 'child_process').fork;
  try { return host.real('cluster'); } finally { real.fork = fork; }
};

let prepared;
exports.ambient = (c) => {
  if (prepared === undefined) {
    use('builtins').get(c, 'process');
    prepared = load(c);
    if (typeof prepared.Worker === 'function') adopt(prepared.Worker);
  }
  return prepared;
};
