// require('fs') and friends: which object a compartment gets. facade/table.js classifies every builtin; nothing raw is handed to a confined package.

const table = use('facade/table');

// An ambient compartment may patch what it gets (graceful-fs does): it patches its own copy.
function copyOf(real) {
  if (typeof real !== 'object' || real === null) return real;
  const copy = Object.create(Object.getPrototypeOf(real));
  for (const k of Reflect.ownKeys(real)) {
    const d = Reflect.getOwnPropertyDescriptor(real, k);
    d.configurable = true;
    if ('value' in d) d.writable = true;
    else if (d.get !== undefined) {
      // what is lazy is sealed when it is there
      const { get } = d;
      d.get = function () { const value = Reflect.apply(get, this, []); if (typeof value === 'function') use('seal').value(value, String(k)); return value; };
    }
    Reflect.defineProperty(copy, k, d);
  }
  return copy;
}

// Even the ambient application gets these through a facade: what starts other programs or loads code leads back to npsx, and a file stream that
// is handed on carries its file and not all of fs.
const ALWAYS = new Set(['process', 'module', 'child_process', 'cluster', 'worker_threads', 'fs', 'sqlite', 'domain']);

// OpenSSL would load it by its name, whatever was said of a file of that name.
const noEngine = function setEngine() {
  throw Object.assign(new Error('npsx: crypto.setEngine is not offered where files of code are vouched for (pins, or securebits EXEC_RESTRICT_FILE): OpenSSL loads engines by name'),
    { code: 'ERR_NOT_EXECUTABLE' });
};

const PATHS = new Set(['path', 'path/posix', 'path/win32']);

function make(c, name) {
  if (name === 'module') return c.ambient ? use('facade/module').ambient(c) : use('facade/module').make(c);
  if (PATHS.has(name)) use('facade/glob').preparePath();
  if (c.ambient) {
    use('seal').builtin(name);
    if (name === 'console') use('facade/stdio_files').install(c);
    if (ALWAYS.has(name)) return use(`facade/${name}`).ambient(c);
    if (name === 'fs/promises') return exports.get(c, 'fs').promises;
    const copy = copyOf(table.real(name));
    const taken = table.ambient(name, c);
    const own = taken === undefined ? copy : Object.defineProperties(copy, Object.getOwnPropertyDescriptors(taken));
    if (name === 'crypto' && host.psx.vouches()) own.setEngine = noEngine;
    return own;
  }
  return table.make(c, name);
}

exports.get = (c, name) => {
  let value = c.builtins.get(name);
  if (value === undefined) c.builtins.set(name, value = host.whole(() => make(c, name)));
  return value;
};
exports.copyOf = copyOf;
