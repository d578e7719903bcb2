mkdir -p /var/www
echo "$GREETING $(cat /built)" > /var/www/index.html
exec httpd -f -h /var/www -p 80
