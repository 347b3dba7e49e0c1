// Renders a generated document with highlighted code many times over: work that regular expressions do.
const { marked } = require('marked');
const hljs = require('highlight.js');

marked.use({ renderer: { code: ({ text, lang }) => `<pre><code>${hljs.highlight(text, { language: lang }).value}</code></pre>\n` } });

const samples = {
  javascript: 'export async function load(name, { retries = 3, base = "https://example.org" } = {}) {\n  // once more, and then give up\n'
    + '  for (let i = 0; i < retries; i++) {\n    const answer = await fetch(`${base}/${name}?try=${i}`);\n    if (/^application\\/json/.test(answer.type)) return answer.json();\n  }\n'
    + '  throw new Error(`no ${name}`);\n}\n',
  python: 'class Queue(dict):\n    """Keeps what is due."""\n    def due(self, now: float = 0.5e3) -> list[str]:\n        return [k for k, v in self.items() if v <= now and not k.startswith(\'_\')]\n',
  css: '@media (min-width: 40em) {\n  .card > a:hover::after { color: #ff8800; margin: 0 auto 1.5rem; background: url("a.png") }\n}\n',
  json: '{"name": "shop", "items": [1, 2.5, -3e8, true, null], "more": {"k": "v\\n"}}\n',
};
const text = 'Some *emphasis*, **strength**, `code`, a [link](https://example.org "title"), an ![image](a.png), https://example.org/x?y=z and a line\nbreak & an entity &amp; <b>html</b>. ';
let document = '# Title\n\n';
for (let i = 0; i < 12; i++) {
  document += `## Section ${i}\n\n${text.repeat(4)}\n\n> quoted ${text}\n\n- one\n- two\n  - nested ${i}\n- [x] done\n\n| a | b |\n|---|:-:|\n| ${i} | \`c|d\` |\n| **x** | y |\n\n`;
  for (const [lang, code] of Object.entries(samples)) document += `\`\`\`${lang}\n${code.repeat(3)}\`\`\`\n\n`;
}

let length = 0;
for (let i = 0; i < 40; i++) length += marked(document).length;
if (length < 40 * document.length) throw new Error('nothing was rendered');
