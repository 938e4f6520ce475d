-- purpose: Opens every block that writes: the database must be the planned one and no production database.
--   The block it guards stands in place of the marker. The module and action show who is at work.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: SELECT on V$PDBS
-- param denied: literals - OCIDs of all production databases
-- param module: literal - adbctl and the run
-- param action: literal - the step
-- param adbctl_database: bind varchar2 in - OCID of the database the plan is for
declare
  adbctl_here varchar2(4000);
begin
  select max(upper(json_value(cloud_identity, '$.DATABASE_OCID'))) into adbctl_here from v$pdbs;
  if adbctl_here is null then
    raise_application_error(-20901, 'adbctl: this database does not say which one it is; nothing was changed');
  end if;
{%- if denied %}
  if adbctl_here in ({% for ocid in denied %}{% if not loop.first %}, {% endif %}{{ ocid | upper | lit }}{% endfor %}) then
    raise_application_error(-20902, 'adbctl: this is a production database; nothing was changed');
  end if;
{%- endif %}
  if :adbctl_database is null or adbctl_here <> upper(:adbctl_database) then
    raise_application_error(-20903, 'adbctl: this is database ' || adbctl_here || ', and the plan is for '
      || :adbctl_database || '; nothing was changed');
  end if;
  dbms_application_info.set_module({{ module | lit }}, {{ action | lit }});
/* adbctl:body */
end;
