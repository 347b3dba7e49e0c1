// process.binding() of a confined package: the few names that old packages read while they load, as plain data made from public modules. No
// binding is ever handed out; every other name is a refusal.

const { denied } = use('deny');

const MAKE = {
  __proto__: null,
  constants(builtin) {
    const { signals, errno, priority, dlopen } = builtin('os').constants;
    const copy = (o) => ({ ...o });
    return { os: { signals: copy(signals), errno: copy(errno), priority: copy(priority), dlopen: copy(dlopen) },
      fs: copy(builtin('fs').constants), get crypto() { return copy(builtin('crypto').constants); }, get zlib() { return copy(builtin('zlib').constants); } };
  },
  // the names of the builtins, without their text
  natives: () => Object.fromEntries(host.real('module').builtinModules.map((name) => [name, ''])),
  uv() {
    const uv = { errname: (code) => host.real('util').getSystemErrorName(Number(code)) };
    for (const [code, [name]] of host.real('util').getSystemErrorMap()) uv[`UV_${name}`] = code;
    return uv;
  },
  stream_wrap: () => ({}),
  http_parser: (builtin) => ({ methods: [...builtin('http').METHODS] }),
};

exports.make = (c) => ({ binding(name) {
  const make = MAKE[`${name}`];
  if (make !== undefined) return make((name) => use('builtins').get(c, name));
  throw denied(c, 'ambient', '');
} }.binding);
