// One process, one test after another: two cores are not enough for several browsers at once.
await import('./flow_test.mjs');
await import('./people_test.mjs');
