// load.mjs NAME: loads one package as an application would, and prints what kind of thing came out.
// CommonJS by require(), everything else by import(): whichever of the two the package is meant for.
import { createRequire } from 'node:module';

// Packages that have no main entry: the file that users load.
const entries = {
  '@babel/compat-data': '@babel/compat-data/plugins',
  '@babel/runtime': '@babel/runtime/helpers/extends',
  'dunder-proto': 'dunder-proto/get',
  'math-intrinsics': 'math-intrinsics/abs',
  'node-releases': 'node-releases/data/processed/envs.json',
};
const name = entries[process.argv[2]] ?? process.argv[2];
const require = createRequire(import.meta.url);

function describe(value) {
  const kind = typeof value;
  if (value === null || (kind !== 'object' && kind !== 'function')) return kind;
  return `${kind} ${Object.keys(value).sort().join(',')}`;
}

let how = 'require';
let value;
try {
  value = require(name);
} catch (error) {
  const esm = ['ERR_REQUIRE_ASYNC_MODULE', 'ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_REQUIRE_ESM'];
  if (!esm.includes(error.code)) throw error;
  how = 'import';
  value = await import(name);
}
console.log(`loaded ${process.argv[2]} ${how} ${describe(value)}`);
process.exit(0);
