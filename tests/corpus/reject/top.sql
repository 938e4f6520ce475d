-- expect: ORA-00923 2:12
select top 5 * from t
