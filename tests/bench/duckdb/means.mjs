// node means.mjs DATA.csv ITEMS REPETITIONS THREADS
//   DATA.csv  unit, w, N, q1.. (steps 1..5, empty: no answer)
//   prints    "load SECONDS", then "means SECONDS" for each repetition: the weighted share of 4-5
//             of every item by unit, without standard errors; then "unit item share" for each
import { performance } from "node:perf_hooks";
import { DuckDBInstance } from "@duckdb/node-api";

const [path, items, repetitions, threads] = process.argv.slice(2);
const seconds = async (work) => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};

const instance = await DuckDBInstance.create(":memory:", { threads });
const connection = await instance.connect();
const columns = Array.from({ length: Number(items) }, (_, i) => `q${i + 1}`);
const types = columns.map((q) => `'${q}': 'UTINYINT'`).join(", ");
const load = await seconds(() =>
  connection.run(
    `CREATE TABLE responses AS SELECT * FROM read_csv('${path}', header = true,
       columns = {'unit': 'USMALLINT', 'w': 'DOUBLE', 'N': 'DOUBLE', ${types}})`,
  ),
);
console.log("load", load);

// The fastest of four ways to say it.
const shares = columns.map(
  (q) => `sum(w * (${q} >= 4)::DOUBLE) / sum(CASE WHEN ${q} IS NOT NULL THEN w END) AS ${q}`,
);
const query = `SELECT unit, ${shares.join(", ")} FROM responses GROUP BY unit ORDER BY unit`;
let rows;
for (let i = 0; i < Number(repetitions); ++i) {
  const elapsed = await seconds(async () => {
    rows = (await connection.runAndReadAll(query)).getRows();
  });
  console.log("means", elapsed);
}
for (const [unit, ...values] of rows) {
  values.forEach((value, i) => console.log(unit, i + 1, value));
}
