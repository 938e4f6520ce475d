select parsing_schema from ords_metadata.ords_schemas where pattern = :alias and status = 'ENABLED'
