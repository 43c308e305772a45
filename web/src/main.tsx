// Starts the console in the page.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './theme/mantine.css';
import './theme/tokens.css';
import './theme/base.css';
import { App } from './app.tsx';
import { applyDensity } from './theme/density.ts';

applyDensity();
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
