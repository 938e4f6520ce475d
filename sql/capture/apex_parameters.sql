-- purpose: Lists the APEX instance parameters that a refresh can change.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: APEX_ADMINISTRATOR_ROLE
select 'APEX_BUILDER_AUTHENTICATION' as name, apex_instance_admin.get_parameter('APEX_BUILDER_AUTHENTICATION') as value from dual
union all
select 'SMTP_HOST_ADDRESS', apex_instance_admin.get_parameter('SMTP_HOST_ADDRESS') from dual
union all
select 'SMTP_HOST_PORT', apex_instance_admin.get_parameter('SMTP_HOST_PORT') from dual
union all
select 'SMTP_FROM', apex_instance_admin.get_parameter('SMTP_FROM') from dual
union all
select 'SMTP_TLS_MODE', apex_instance_admin.get_parameter('SMTP_TLS_MODE') from dual
