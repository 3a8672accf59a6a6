import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { guides } from './build/guides-plugin.ts';

/** Where the development server finds the API. */
const api = process.env.REVTR_SERVER ?? 'http://127.0.0.1:8080';
const fromServer = [
  '/api',
  '/openapi.json',
  '/health',
  '/confirm',
  '/confirm.js',
  '/opt-out',
  '/about-probes',
  '/embed',
  '^/results/[^/]+/',
];

export default defineConfig({
  plugins: [react(), guides()],
  server: { proxy: Object.fromEntries(fromServer.map((path) => [path, { target: api }])) },
  build: {
    target: 'es2024',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
