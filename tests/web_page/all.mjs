// One process, one test after another: two cores are not enough for several browsers at once.
await import('./code_test.mjs');
await import('./survey_test.mjs');
await import('./entry_test.mjs');
await import('./old_browser_test.mjs');
await import('./network_test.mjs');
