const ts = require('typescript');

const out = ts.transpileModule('enum E { A, B }\nexport const f = <T>(x: T): T => x;', { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2020 } });
console.log(out.outputText);
const file = ts.createSourceFile('a.ts', 'class A { private b = 1 }', ts.ScriptTarget.Latest, true);
ts.forEachChild(file, (node) => console.log(ts.SyntaxKind[node.kind], node.getText()));
