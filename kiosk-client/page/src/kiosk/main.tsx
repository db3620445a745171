import { render } from 'preact';
import { App } from './App';
import { Connection } from './connection';
import type { Screen } from './screen';
import './style.css';

const page = document.getElementById('page');
// The program puts the screen of that moment into the document, so that nothing is waited for before the first picture.
// It is taken out at once: it may hold what somebody answered.
const first = document.getElementById('screen');
first?.remove();
const connection = new Connection(first === null ? null : (JSON.parse(first.textContent ?? '') as Screen));
void connection.run();
if (page !== null) render(<App connection={connection} />, page);
