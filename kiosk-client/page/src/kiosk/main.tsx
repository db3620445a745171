import { render } from 'preact';
import { App } from './App';
import { Connection } from './connection';
import './style.css';

const page = document.getElementById('page');
// Asked for before anything is drawn: a slow processor needs the time.
const connection = new Connection();
void connection.run();
if (page !== null) render(<App connection={connection} />, page);
