// os: what only describes the platform is real; what tells about this machine or its user needs `system` items. Without them the functions
// that packages call at load answer neutrally; userInfo(), which says who you are, throws.

const { check, denied, may, peek } = use('deny');

const ONE_CPU = Object.freeze({ model: '', speed: 0, times: Object.freeze({ user: 0, nice: 0, sys: 0, idle: 0, irq: 0 }) });
const NEUTRAL_MEMORY = 2 ** 30;

exports.make = (c) => {
  const os = host.real('os');
  const told = (item, real, neutral) => (peek(c, 'system', item) && may(c, 'system', item) ? real() : neutral());
  return {
    arch: () => os.arch(), endianness: () => os.endianness(), machine: () => os.machine(), platform: () => os.platform(),
    release: () => os.release(), type: () => os.type(), version: () => os.version(),
    EOL: os.EOL, devNull: os.devNull, constants: os.constants,
    tmpdir: () => host.plan.tmp ?? '/tmp',
    homedir: () => told('user', os.homedir, () => '/'),
    userInfo(options) { check(c, 'system', 'user'); return os.userInfo(options?.encoding === 'buffer' ? { encoding: 'buffer' } : undefined); },
    hostname: () => told('hostname', os.hostname, () => 'localhost'),
    cpus: () => told('cpus', os.cpus, () => [{ ...ONE_CPU, times: { ...ONE_CPU.times } }]),
    availableParallelism: () => told('cpus', os.availableParallelism, () => 1),
    loadavg: () => told('cpus', os.loadavg, () => [0, 0, 0]),
    uptime: () => told('cpus', os.uptime, () => 0),
    totalmem: () => told('memory', os.totalmem, () => NEUTRAL_MEMORY),
    freemem: () => told('memory', os.freemem, () => NEUTRAL_MEMORY / 2),
    networkInterfaces: () => told('network', os.networkInterfaces, () => ({})),
    getPriority: () => 0,
    setPriority() { throw denied(c, 'ambient'); },
  };
};
