-- purpose: Says which version the database is.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 30
-- privileges: SELECT on PRODUCT_COMPONENT_VERSION
select p.product, p.version_full
  from product_component_version p
