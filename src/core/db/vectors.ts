// Vectors as the database takes and gives them: pgvector's text form.
import { fromSql, toSql } from 'pgvector/kysely';

export const vectorText = (values: Float32Array): string => toSql([...values]) as string;

export const vectorOf = (text: string): Float32Array => Float32Array.from(fromSql(text) as number[]);
