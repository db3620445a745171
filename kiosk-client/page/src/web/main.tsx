import { render } from 'preact';
import { App } from './App';
import { Session } from './session';
import './style.css';

const page = document.getElementById('page') as HTMLElement;
const able = typeof URLSearchParams === 'function' && typeof TextEncoder === 'function'
  && typeof crypto === 'object' && typeof crypto.getRandomValues === 'function';
if (able) {
  const draw = () => render(<App session={session} />, page);
  const session = new Session(draw);
  session.start();
} else {
  document.getElementById('opening')?.remove();
  document.getElementById('old')?.removeAttribute('hidden');
}
