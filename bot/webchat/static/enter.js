import { label } from './words.js';

label();
