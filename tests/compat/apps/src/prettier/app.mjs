import prettier from 'prettier';

const samples = {
  babel: 'const a={b:1,c:[1,2,3]};async function  f(){await a}',
  typescript: 'interface A{b:string;c?:number}\nexport const x=<T,>(y:T):T=>y',
  css: 'a{color:red;background:blue}',
  json: '{"a":1,"b":[true,null]}',
  markdown: '# Title\n* a\n* b',
  html: '<div><p>hello</p><script>let a=1</script></div>',
  yaml: 'a:   1\nb: [1,2]',
};
for (const [parser, text] of Object.entries(samples)) {
  console.log(`--- ${parser}`);
  console.log(await prettier.format(text, { parser }));
}
