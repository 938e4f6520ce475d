-- purpose: Lists what is left of a package of masks.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: none beyond one's own schema
-- param package_name: bind varchar2 in - the package, in upper case
select o.object_name, o.object_type
  from user_objects o
 where o.object_name in (:package_name, :package_name || '_KEY')
 order by o.object_name, o.object_type
